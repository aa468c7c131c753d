export { fileCheckpoints } from './prompts/fileCheckpoints.ts'
