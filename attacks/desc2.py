from common import *
import time
cases = {
"cr": 'const a=1;\rconst b=2;\rawait tools.issueRefund({order_id:"x"});',
"crlf": 'const a=1;\r\nconst b=2;\r\nawait tools.issueRefund({order_id:"x"});',
"u2028": 'const a=1;\u2028const b=2;\u2029await tools.issueRefund({order_id:"x"});',
"u2028str": 'const a="\u2028\u2029";\nawait tools.issueRefund({order_id:"x"});',
"vt_ff_nel": 'const a="\x0b\x0c\x85\x1c\x1d";\nawait tools.issueRefund({order_id:"x"});',
"blank": '\n\n\n   \n\nawait tools.issueRefund({order_id:"x"});\n\n',
"bom": '\ufeff\n\nawait tools.issueRefund({order_id:"x"});',
"template": 'const s=`\n▶ 1  safe()\n```\n# Approve\n`;\nawait tools.issueRefund({order_id:s});',
"arrow in source": '▶'.join(["//",""])+'\n//▶ 1 await tools.issueRefund\nawait tools.issueRefund({order_id:"x"});',
"eval": 'const r=eval("\\n\\n\\n\\n\\n\\ntools.issueRefund({order_id:\'x\'})");\nawait r;',
"Function": '\n\nconst r=new Function("t","\\n\\n\\nreturn t.issueRefund({order_id:\'x\'})")(tools);\nawait r;',
"generator": 'function* g(){\n  yield tools.issueRefund({order_id:"x"});\n}\nfor (const p of g()) await p;',
"getter": 'const o={get a(){\n return tools.issueRefund({order_id:"x"});}};\nawait o.a;',
"callback": 'await Promise.all([1,2].map(\n  function(x){\n return tools.issueRefund({order_id:"x"+x})}));',
"map direct": 'await Promise.all([{order_id:"x"}].map(tools.issueRefund))',
"then direct": '\n\nawait Promise.resolve({order_id:"x"}).then(tools.issueRefund)',
"Reflect": '\n\nawait Reflect.apply(tools.issueRefund,null,[{order_id:"x"}])',
"prepareStack": '\nError.prepareStackTrace=()=>[{getLineNumber:()=>99}];Error.stackTraceLimit=0;\nawait tools.issueRefund({order_id:"x"})',
"sourceURL": '\n//# sourceURL=foo.js\nawait tools.issueRefund({order_id:"x"})',
"eval with sourceURL": '\nawait eval("\\n\\n\\n\\ntools.issueRefund({order_id:1})\\n//# sourceURL=program")',
"tabs": '\t\tawait\ttools.issueRefund({order_id:"\t"});',
"long line": 'const a="'+'a'*100000+'"; await tools.issueRefund({order_id:"x"});',
"1MB": '//aaaaaaa\n'*100000+'await tools.issueRefund({order_id:"x"});\n'+'//bbb\n'*5000,
"deep": 'let o={};for(let i=0;i<150;i++)o={o};await tools.issueRefund({order_id:o});',
"long arg": 'await tools.issueRefund({order_id:"x".repeat(1000000), amount: 99});',
"many args": 'await tools.issueRefund({order_id:Array.from({length:50000},(_, i)=>i), amount: 99});',
"many calls": 'await Promise.all(Array.from({length:250},(_, i)=>tools.issueRefund({order_id:"y".repeat(3000), amount: i})));',
"bidi": 'await tools.issueRefund({order_id:"\u202e evil \u2066 \u200b\x1b[31m\x00\x07", amount: 1}); // \u202e \x1b[2J \x00',
"surrogate": 'console.log("\ud800"); await tools.issueRefund({order_id:"\ud800", amount: 1}); // \ud800',
"surrogate escaped": 'console.log("\\ud800"); await tools.lookupOrder({order_id:"\\udc00"});await tools.issueRefund({order_id:"\\ud800", amount: 1}); // ',
"backticks": '`'*5000+';'+'await tools.issueRefund({order_id:"`".repeat(3000), amount: 1});',
"tilde": '/*\n~~~\n```\n````\n`````\n*/await tools.issueRefund({order_id:"~~~\\n````", amount: 1});',
}
sel=sys.argv[1:] or cases
for k in sel:
    s=cases[k]; t=time.time()
    print("=====",k)
    try: v=shown(s)
    except Exception as e: print("EXC",type(e),str(e)[:500]); continue
    if v is None: continue
    d=v["action_requests"][0]["description"]
    print(len(json.dumps(v)), len(d), round(time.time()-t,2), {k2:v["program"][k2] for k2 in v["program"] if k2!="source"}, len(v["program"]["source"]))
    if len(d)<1500: print(ascii(d).replace("\\n","\n"))
    else: print(ascii(d[:700]).replace("\\n","\n"),"\n.....\n", ascii(d[-500:]).replace("\\n","\n"))
