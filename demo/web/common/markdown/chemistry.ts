// `\ce` and `\pu` of mhchem, which few formulas use: an eighth of the renderer's size.
import './temml.ts'
import 'temml/contrib/mhchem/mhchem.min.js'
