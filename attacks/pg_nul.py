"""NUL and lone surrogates in source, arguments, console and results, on SQLite and PostgreSQL."""
import sys; sys.path.insert(0,".")
import tempfile, pathlib
from langgraph.types import Command
from langchain_quickjs import create_script_graph, pending, pending_threads
from tests.helpers import databases
def pay(to: str) -> str:
    "p"
    return "paid\x00\ud800" + to
S=['console.log("\\u0000\\ud800"); await tools.pay({to:"a\\u0000"}); ', '/*\x00*/await tools.pay({to:"a"})', '/*\ud800*/await tools.pay({to:"a"})','await tools.pay({to:"a"}).then(()=>"x\\u0000\\ud800")']
def go(db,kind):
    n=0
    for src in S:
        for d in ("pause","call"):
            n+=1
            try:
                with databases.opened(db) as saver:
                    g=create_script_graph([pay],interrupt_on={"pay":True},checkpointer=saver,durability=d)
                    c={"configurable":{"thread_id":str(n)}}
                    g.invoke({"source":src},c); its=g.get_state(c).interrupts
                    pending(g,c); list(pending_threads(saver))
                    r=g.invoke(Command(resume={its[0].id:{"decisions":[{"type":"approve"}]}}),c)
                    print(kind,ascii(src)[:40],d,"ok",ascii(r["outcome"].get("value"))[:40])
            except Exception as e: print(kind,ascii(src)[:40],d,type(e).__name__,ascii(str(e))[:150])
go(pathlib.Path(tempfile.mkdtemp())/"db","sqlite")
b=databases.programs()
if b:
    with databases.server(b) as s:
        go(s.database(),"pg")
else: print("no postgres")
