"""Values to ids: what a form's patch means, with the fields of each kind as data. Pure but for `engine.find`."""
