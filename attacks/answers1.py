from common import *
import itertools
SRC='await tools.issueRefund({order_id:"x", amount:3})'
big="b"*16_000_000
deep=[]
for _ in range(5000): deep=[deep]
answers={
"none":None,"empty":{}, "str":"approve","list":[{"type":"approve"}],"int":1,"two":{"decisions":[{"type":"approve"}]*2},
"true":True,"decisions dict":{"decisions":{"type":"approve"}},"decisions str":{"decisions":"approve"},
"type list":{"decisions":[{"type":["approve"]}]},"type upper":{"decisions":[{"type":"Approve"}]},
"edit no args":{"decisions":[{"type":"edit"}]},"edit name":{"decisions":[{"type":"edit","edited_action":{"name":"lookup_order","args":{"order_id":"z"}}}]},
"edit ungranted":{"decisions":[{"type":"edit","edited_action":{"name":"nope","args":{}}}]},
"edit eval":{"decisions":[{"type":"edit","edited_action":{"name":"eval","args":{"order_id":"e","amount":1}}}]},
"edit badargs":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"evil":1}}}]},
"edit args str":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":'{"order_id":"J"}'}}]},
"edit deep":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"order_id":deep}}}]},
"edit big":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"order_id":big}}}]},
"reject big":{"decisions":[{"type":"reject","message":big}]},
"reject obj":{"decisions":[{"type":"reject","message":{"a":object}}]},
"respond surrogate":{"decisions":[{"type":"respond","message":"\ud800"}]},
"respond obj":{"decisions":[{"type":"respond","message":{"a":1}}]},
"respond deep":{"decisions":[{"type":"respond","message":deep}]},
"edit surrogate":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"order_id":"\ud800"}}}]},
"edit nan":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"order_id":float("nan")}}}]},
"edit object":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{"order_id":object()}}}]},
"edit keys":{"decisions":[{"type":"edit","edited_action":{"name":"issue_refund","args":{1:2}}}]},
"ai accept":[{"type":"accept","args":None}],"ai ignore":[{"type":"ignore","args":None}],
"ai response":[{"type":"response","args":"hello"}],"ai edit":[{"type":"edit","args":{"action":"issue_refund","args":{"order_id":"q","amount":"5"}}}],
"ai edit2":[{"type":"edit","args":{"action":"lookup_order","args":{"order_id":"q"}}}],
"ai edit json":[{"type":"edit","args":{"action":"issue_refund","args":{"order_id":'{"a":1}',"amount":"5"}}}],
"ai accept dict":{"type":"accept"},"ai accept+args":[{"type":"accept","args":{"action":"issue_refund","args":{"order_id":"HAH"}}}],
"ai two":[{"type":"accept","args":None},{"type":"ignore","args":None}],
"mixed":{"decisions":[{"type":"approve"}],"type":"reject"},
"approve+edit":{"decisions":[{"type":"approve","edited_action":{"name":"issue_refund","args":{"order_id":"HAH"}}}]},
"ai in decisions":{"decisions":[{"type":"accept"}]},
"cmd":Command(resume=1),
"interrupt keys":{"__class__":1},
}
for ad in (None,["approve"],["reject"],["edit"],["respond"]):
  for k,a in answers.items():
    for mode in ("ask_again","raise"):
        done.clear()
        on={"issue_refund":{"allowed_decisions":ad}} if ad else None
        g,c,_=ask(SRC,on=on,on_unfit_answer=mode)
        (i,)=g.get_state(c).interrupts
        exc=None;r={}
        try: r=g.invoke(Command(resume={i.id:a}),c)
        except BaseException as e: exc=e
        its=g.get_state(c).interrupts
        out=r.get("outcome")
        print(ad,"|",k,"|",mode,"| done",str(done)[:100],"| exc",type(exc).__name__ if exc else None,str(exc)[:90] if exc else "","|out",str(out)[:100] if out else None,"| refused",[str(x.value.get("refused"))[:130] for x in its], [x.id==i.id for x in its], [len(str(x.value)) for x in its])
        if exc is not None and not isinstance(exc,QuickJSError): print("   !!!! foreign")
        if its:
            v=yes(g,c,{"type":ad[0] if ad else "approve"} | ({"message":"m"} if ad==["respond"] else {}) | ({"edited_action":{"name":"issue_refund","args":{"order_id":"E","amount":1}}} if ad==["edit"] else {})) if True else 0
            if not v.get("outcome"): print("   !!!! stays unanswerable", str(v)[:300])
