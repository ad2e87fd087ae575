"""The shapes that cross the doors: Stripe's forms and JSON, read strictly and shown exactly."""
