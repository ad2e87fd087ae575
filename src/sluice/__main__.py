"""python -m sluice: the same as the command `sluice`."""

from sluice.doors.cli.main import main

main()
