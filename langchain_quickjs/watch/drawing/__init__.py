"""What is watched, as people see it: text, HTML and SVG, without a script and without I/O.

All of it is made of what hostile programs and databases say, so every text goes through `texts`.
It imports `script.telling` and the interpreter.

    axis   where a time stands, with long times of waiting cut short
    cards  calls that wait for people
    chart  a program's story as a picture
    page   the same with a list of its calls, as HTML and as plain text
    style  how it all looks, in light and dark
    texts  texts that others made, as they can be shown
    told   a story as it can be drawn, whoever has stored it
"""
