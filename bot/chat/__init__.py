"""What people ask in Slack, and how they are answered."""
