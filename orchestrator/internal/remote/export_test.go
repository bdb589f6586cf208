package remote

// Lost makes a connection look at its link file as after a failed call.
func Lost(c *Conn) { c.lost() }
