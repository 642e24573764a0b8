"""National code tables as data files, and the checks of identifiers (DOMAIN 2 and 3). Pure, standard library only."""
