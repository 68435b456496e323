"""The sending engine: from a filled ledger to letters on the wire, each of them once."""
