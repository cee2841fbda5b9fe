"""`python -m mailgrant.cli`, the same as `mailgrant`."""

from . import main

if __name__ == "__main__":
    main()
