package migration

// Merkle is tested against the published vectors.
var Merkle = merkle
