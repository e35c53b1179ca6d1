"""`python -m trendwire`: the same as the command `trendwire`."""

from trendwire.cli import main

if __name__ == "__main__":  # processes that are spawned import this file as well
    main()
