"""A real chain kept in our database, with levers; it obeys the same promises as any network."""
