"""What files of others are read as."""
