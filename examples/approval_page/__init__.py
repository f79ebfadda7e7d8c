"""A small web page on which people decide what programs may do.

It shows what each call would do, where in its program it stands and what the program has done so
far, takes the decision, lets the agent go on in the background, and shows what came of it. What
waits needs no process: the page can be stopped and started at any time.

    __main__    the command
    shop        the agent of the example, whose programs wait
    app         the page as an application, and what keeps others from it
    articles    what the page shows: an article for each program, a form for what it asks
    programs    what it shows of a program: where it stands, and what it has done
    desk        what waits, what is answered, and how the agent goes on with it
    questions   one question, and what a person's answer to it means
    markup      texts and HTML in which nothing is hidden

Each imports only what stands below it. `page.css` and `page.js` are served as they are. For an
agent of your own, leave the first two out and serve `approval_page(agent, checkpointer, origins)`.
"""
