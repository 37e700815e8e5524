"""What one plays with in JupyterLab: widgets, each with a picture for where nobody plays."""
