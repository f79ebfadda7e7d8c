"""Runs the standard's own tests, https://github.com/tc39/test262, beside the native engine.

    python -m tests.test262 CHECKOUT                     # ours alone: what fails
    python -m tests.test262 CHECKOUT --native            # beside the wheel `quickjs-ng`
    python -m tests.test262 CHECKOUT --native --native-python PYTHON
    python -m tests.test262 CHECKOUT language/eval-code  # parts of its folder `test/`

Nothing of test262 is committed: a checkout is named. The exit code is 1 when a test fails here
that passes natively and no class in `differences` covers it. All of it takes about ten minutes of
computing.

    metadata       what stands at the top of a test
    selection      which tests apply, why the others do not, and which runs each has
    outcomes       what came of a run, and whether that is what its test wants
    ours           one run on this package's interpreter
    native         one run on the wheel
    worker         a process that makes runs for one of the two
    processes      the workers, each run within a time
    differences    where the two may differ, each with its reason
    report         the comparison as text
    test_test262   the parts, and a short form of the whole where a checkout is named
"""
