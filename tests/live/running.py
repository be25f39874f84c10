"""running.py - for tests in Python: one function after another, whatever became of those before."""
import subprocess


def each(tests):
    """Run each of them; what one returns is the reason why it is skipped. Returns the status to exit with."""
    failed = 0
    for test in tests:
        try:
            skipped = test()
            print(f"skipped: {test.__name__}: {skipped}" if skipped else f"ok: {test.__name__}", flush=True)
        except (AssertionError, ValueError, subprocess.SubprocessError, OSError) as why:
            failed += 1
            print(f"FAILED: {test.__name__}: {why}", flush=True)
    return 1 if failed else 0
