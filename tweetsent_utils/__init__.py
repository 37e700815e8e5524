"""What two notebooks of the tutorial share: small modules, whose order pyproject.toml gives and `make lint` checks."""
