"""`python -m nsparse`."""

from nsparse.cli import main

if __name__ == "__main__":
    main()
