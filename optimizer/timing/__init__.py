"""Time as it passes: spreads of hours, the laws of a way's elements, calendars of borders and sailings."""
