"""What runs with no one asking."""
