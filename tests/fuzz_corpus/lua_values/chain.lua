local t = { a .. b.c, [d .. 1] = -x ^ 2 .. f "s" .. ... } --[==[ e .. f ]==]
if not a .. b == c then return (g .. h):i() .. [[j]] end goto k ::k::
