"""What differs between two sets of tariff books, and which lanes feel it."""
