def primal(x, y, z):
    x_plus_y = x + y
    g = x_plus_y * z
    return g, (z, z, x_plus_y)
