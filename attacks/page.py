"""The approval page: stored XSS, CSRF, hosts, headers, double submit, size."""
import sys, re, tempfile, pathlib, threading, html
sys.path.insert(0,"."); sys.path.insert(0,"examples")
from common import *
import approval_page as ap
from starlette.testclient import TestClient
from forged_nested import ScriptedModel, CodeInterpreterMiddleware
from langchain.agents import create_agent
X='<script>alert(1)</script>"\'><img src=x onerror=alert(1)>'
def evil(x:str, y:str="")->str:
    "e"
    done.append(x); return X
SRC='console.log(%s); await tools.evil({x:%s}); /* </pre></script><script>alert(2)</script> */ throw new Error(%s)'%((json.dumps(X),)*3)
saver=InMemorySaver()
g=create_agent(model=ScriptedModel(turns=[[("eval",{"code":SRC})]]),middleware=[CodeInterpreterMiddleware(ptc=[evil],interrupt_on={"evil":True})],checkpointer=saver)
T='t<script>alert(3)</script>"x'
for t in (T,"t2"):
    g.invoke({"messages":[("user",X)]},{"configurable":{"thread_id":t}})
app=ap.approval_page(g,saver,["http://testserver"])
c=TestClient(app,base_url="http://testserver")
r=c.get("/"); body=r.text
print(r.status_code, dict(r.headers))
for bad in ("<script>alert","<img src=x","onerror=alert(1)>"):
    print(bad, bad in body, [body[max(0,m.start()-60):m.start()+60] for m in re.finditer(re.escape(bad),body)][:1] if bad in body else "")
forms=re.findall(r'<form.*?</form>',body,re.S); print(len(forms))
fields=lambda f:{html.unescape(m[0]):html.unescape(m[1]) for m in re.findall(r'<input[^>]*type="?hidden"?[^>]*name="([^"]*)"[^>]*value="([^"]*)"',f)}
for f in forms[:2]: print(fields(f), re.search(r'action="([^"]*)"',f))
f0=fields(forms[0]); act=re.search(r'action="([^"]*)"',forms[0])
act=act.group(1) if act else "/"
h={"Origin":"http://testserver"}
def post(d,hd): 
    r=c.post(act,data=d,headers=hd,follow_redirects=False); return r.status_code, r.text[:100].replace("\n"," ")
good={**f0,"0.decision":"approve"}
print("no origin",post(good,{}),done)
print("evil origin",post(good,{"Origin":"http://evil"}),done)
print("null origin",post(good,{"Origin":"null"}),done)
print("evil host",post(good,{"Origin":"http://testserver","Host":"evil"}),done)
print("sec-fetch cross",post(good,{"Origin":"http://testserver","Sec-Fetch-Site":"cross-site"}),done)
print("bad token",post({**good,"token":"x"},h),done)
print("no token",post({k:v for k,v in good.items() if k!="token"},h),done)
print("seen wrong",post({**good,"seen":"x"},h),done)
print("bad kind",post({**good,"0.decision":"constructor"},h),done)
print("big",post({**good,"0.reject":"x"*5_000_000},h),done)
print("get evil host",c.get("/",headers={"Host":"evil"}).status_code)
print("raw bytes",c.post(act,content=b"\xff\xfe=%ff&thread=%00",headers={**h,"content-type":"application/x-www-form-urlencoded"},follow_redirects=False).status_code)
ts=[threading.Thread(target=lambda i=i:print("dbl",post({**good,"form":f0.get("form","")+str(i)},h))) for i in range(5)]
[t.start() for t in ts];[t.join() for t in ts]
import time; time.sleep(1.5); print(done)
body=c.get("/").text
for bad in ("<script>alert","<img src=x"): print("after",bad, bad in body)
for p in ("/timeline","/../etc/passwd","/call?thread=%00&interrupt=x&index=0","/x\r\nSet-Cookie:a=b"):
    try: print(p,c.get(p).status_code)
    except Exception as e: print(p,type(e).__name__,e)
for r in app.routes: print(r.path)
