"""The course in other languages: prose in PO files, notebooks with the same ids, code and outputs."""
