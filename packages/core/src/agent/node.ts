export { fileCheckpoints } from './fileCheckpoints.ts'
