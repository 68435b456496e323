"""The sample newsroom: words files beside this code, planted by the models' own steps."""
