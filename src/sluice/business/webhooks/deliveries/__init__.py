"""The telling: one event to one endpoint, signed, tried again on a fixed timetable."""
