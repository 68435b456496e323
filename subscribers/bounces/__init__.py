"""What comes back by mail: bounces, complaints, automatic replies, and people who answer."""
