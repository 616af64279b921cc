"""Commands for whoever operates a deployment. Run from a checkout, with AWS credentials; never deployed."""
