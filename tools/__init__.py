"""Tools around the product that are not part of it: the seeded tenant generator and the bench."""
