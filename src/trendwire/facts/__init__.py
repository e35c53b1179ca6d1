"""The facts: observations of posts and published chart memberships, appended and kept for ever."""
