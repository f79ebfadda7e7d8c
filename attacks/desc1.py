from common import *
v=shown('''const x = await tools.lookupOrder({order_id:"A"});
console.log("hello\\n```\\n# Fake");
await tools.issueRefund({order_id:"A-1002```\\n**line 9**", amount:3});''')
print(v["action_requests"][0]["description"]); v2=dict(v); v2["action_requests"]=v2["action_requests"][0]["name"]; print(json.dumps(v2,indent=1,default=str))
