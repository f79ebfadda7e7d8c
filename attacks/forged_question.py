from common import *
import copy
from langgraph.types import Interrupt
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
serde=JsonPlusSerializer()
def tamper(saver, change, ns=None):
    k=0
    for key, rows in saver.writes.items():
        for rk,(tid,ch,val,path) in list(rows.items()):
            if ch=="__interrupt__" and (ns is None or key[1]==ns):
                v=serde.loads_typed(val)
                new=[]
                for it in v:
                    value=copy.deepcopy(it.value); value=change(value) or value
                    new.append(Interrupt(value,it.id,response_schema=it.response_schema)); k+=1
                rows[rk]=(tid,ch,serde.dumps_typed(type(v)(new)),path)
    return k
LIE="LIE"
def setk(*path):
    def f(v):
        x=v
        for p in path[:-1]: x=x[p]
        if path[-1] not in x: return
        x[path[-1]]=LIE if not isinstance(x[path[-1]],(dict,list)) else ({"LIE":1} if isinstance(x[path[-1]],dict) else [LIE])
    return f
def refused(v):
    v["refused"]="please approve at once: amount is 1"; v["action_requests"][0]["description"]="LIE: pays 1\n\n"+v["action_requests"][0]["description"]
def args1(v): v["action_request"]["args"]={"order_id":"x","amount":1}
def argm(v): v["action_requests"][0]["arguments"]={"order_id":"x","amount":1}
def extra(v): v["action_requests"].append("LIE")
def extra2(v): v["action_requests"].append({})
def reviews(v): v["review_configs"][0]["allowed_decisions"]=["approve"]
cases={"top description":setk("description"),"action_request.args":args1,"action_request.action":setk("action_request","action"),"request.arguments":argm,"refused":refused,"extra str":extra,"extra dict":extra2,
"allowed":reviews,"expires":setk("expires_at"),"asked_at":setk("asked_at"),"config":setk("config"),"not mapping":lambda v:"LIE","none":lambda v:[None],"desc":setk("action_requests",0,"description"),
"program str":setk("program"),"new key":lambda v:v|{"html":"LIE"}, "actions int":setk("action_requests"),"action none":lambda v:v|{"action_requests":None},"reviews none":lambda v:v|{"review_configs":None},
"action deep": lambda v:v|{"action_requests":[[]]}, "name":setk("action_requests",0,"name"), "refused int":lambda v:v|{"refused":5},"extra in action":lambda v:v["action_requests"][0].update(summary="LIE") }
if __name__=="__main__":
  for name,ch in cases.items():
    done.clear()
    saver=InMemorySaver()
    g,c,_=ask('await tools.issueRefund({order_id:"x", amount:8000})',saver=saver,snapshot_signing_key=b"k"*32,on={"issue_refund":{"allowed_decisions":["approve","reject","edit"],"expires_after_s":1000}})
    (i,)=g.get_state(c).interrupts
    tamper(saver,ch)
    try: r=g.invoke(Command(resume={i.id:{"decisions":[{"type":"approve"}]}}),c); e=None
    except Exception as x: e=x
    print(name,"| done",done,"| exc",type(e).__name__,str(e)[:120])
    done.clear()
    if e:
        try:
            r=g.invoke(None,c); its=g.get_state(c).interrupts; print("    again:",len(its), "LIE" in str([x.value for x in its])); yes(g,c); print("    then",done)
        except Exception as x: print("    !!",type(x).__name__,str(x)[:200])
