// `\ce` and `\pu` of mhchem, which few formulas have: an eighth of all that renders them.
import './temml.ts'
import 'temml/contrib/mhchem/mhchem.min.js'
