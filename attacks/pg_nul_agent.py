"""The same in an agent: a program with a NUL or half a surrogate pair in its source, on PostgreSQL."""
import sys; sys.path[:0]=[".","attacks"]
from tests.helpers import databases
from tests.helpers.models import programs
from langchain.agents import create_agent
from langchain_quickjs import CodeInterpreterMiddleware
def pay(to: str) -> str:
    "p"
    return "paid"
with databases.server(databases.programs()) as s:
    db=s.database()
    for n,src in enumerate(['/*\x00*/await tools.pay({to:"a"})', '/*\ud800*/await tools.pay({to:"a"})']):
        for d in ("pause","call"):
          try:
            with databases.opened(db) as saver:
                g=create_agent(model=programs(src),middleware=[CodeInterpreterMiddleware(ptc=[pay],interrupt_on={"pay":True},durability=d)],checkpointer=saver)
                r=g.invoke({"messages":[("user","go")]},{"configurable":{"thread_id":f"{n}{d}"}})
                print(ascii(src)[:20],d,"waits" if "__interrupt__" in r else ascii(r["messages"][-1].text)[:200])
          except Exception as e: print(ascii(src)[:20],d,type(e).__name__,ascii(str(e))[:150])
