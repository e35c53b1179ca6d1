"""`python -m trendwire`, and the entry point of the command `trendwire`.

Little is imported here: processes that are spawned import this file as well, and Ctrl+C must end the process
without a traceback also while the rest is being imported.
"""

import signal


def main() -> None:
    """Run a command. Until it begins, Ctrl+C ends the process at once and without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else whoever started us ignores it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from trendwire.cli import app

    app()


if __name__ == "__main__":
    main()
