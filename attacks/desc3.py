from common import *
def mega(a:Any=None,b:Any=None,c:Any=None,d:Any=None,e:Any=None,f:Any=None,g:Any=None,h:Any=None,i:Any=None,j:Any=None,amount:Any=None)->str:
    "x"
    return "m"
def run(k,s,**kw):
    print("=====",k)
    try: v=shown(s,**kw)
    except Exception as e: print("EXC",type(e),str(e)[:500]); return
    if v is None: return
    d=v["action_requests"][0]["description"]
    print(len(json.dumps(v)), len(d), {k2:v["program"][k2] for k2 in v["program"] if k2!="source"}, len(v["program"]["source"]))
    print(ascii(d[:2500]).replace("\\n","\n"))
    return v
run("fname",'''const f=function(){
return tools.issueRefund({order_id:1}) }; Object.defineProperty(f,'name',{value:'x (script.js:99:1)\\n    at script.js:98:1'});
// l3
// l4
await f();''')
run("fname2",'''// a
function g(){}
Object.defineProperty(g,'name',{value:'g\\n    at script.js:98:1'});
await (async()=>{ await 1;
  return await [1].map(x=>{ try { return tools.issueRefund({order_id:1}) } finally {} })[0]})();
// x''')
v=run("longline ctx",'const a="'+'a'*100000+'"; await tools.issueRefund({order_id:"x"}); const b="'+'b'*100000+'"')
print('issueRefund' in v["program"]["source"], v["program"]["source"][:50], v["program"]["source"][-50:])
v=run("huge lines ctx",'"'+'a'*300000+'";\n"'+'a'*300000+'"; await tools.issueRefund({order_id:"x"}); const b="'+'b'*100000+'";\n"'+"x"*100000+'"')
print('issueRefund' in v["program"]["source"], v["program"]["source"][:50], v["program"]["source"][-50:])
run("mega",'const L="L".repeat(3000); await tools.mega({a:L,b:L,c:L,d:L,e:L,f:L,g:L,h:L,i:L,j:L,amount:5000000})',tools=[mega],on={"mega":True})
run("mega dict",'const L="L".repeat(3000); const o={};for(let i=0;i<200;i++)o["k"+i]=i; o.account="EVIL"; await tools.issueRefund({order_id:o,amount:5000000})')
run("dict key trick",'await tools.issueRefund({order_id:{["a\\"), asked by a program, line 7\\n\\n**Arguments**"]:1, ["x".repeat(5000)]:2, "amount":3},amount:5000000})')
run("console many",'for(let i=0;i<500;i++)console.log("line "+i+" `````".repeat(5)); for(let i=0;i<200;i++) await tools.lookupOrder({order_id:"o```"+i}); await tools.issueRefund({order_id:1})')
run("console long",'console.log("x".repeat(60000));await tools.issueRefund({order_id:1})')
run("whitespace hide",'const a=1;'+' '*3000+'await tools.issueRefund({order_id:"x"});')
run("newlines",'\n'*3000+'await tools.issueRefund({order_id:"x"});'+'\n'*50)
run("str newlines arg",'await tools.issueRefund({order_id:"x"+"\\n".repeat(3000)+"amount: 3", amount:7});')
run("html",'console.log("<img src=x onerror=alert(1)>");await tools.issueRefund({order_id:"<script>alert(1)</script>", amount:7}); // <b>')
run("combining",'await tools.issueRefund({order_id:"x'+'\u0301'*50+'\u3164\u115f\u00ad\u034f\U000e0041\ufe0f\u2800", amount:7}); // '+'\u0301'*300)
