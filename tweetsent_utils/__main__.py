"""`python -m tweetsent_utils`: the same as the command `tweetsent`."""

import sys

from tweetsent_utils.pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
