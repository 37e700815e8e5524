"""From weights to claims: inference, scores and their uncertainty, calibration, audits."""
