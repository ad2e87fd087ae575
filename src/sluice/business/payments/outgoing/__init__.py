"""What refunds and payouts share: money reserved, allowed, sent, and booked as gone."""
