// Bundles the app as React Native does: Metro, its Babel preset, the condition `react-native`.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Metro from 'metro'

const config = await Metro.loadConfig(
  { cwd: import.meta.dirname },
  {
    projectRoot: import.meta.dirname,
    resolver: {
      unstable_enablePackageExports: true,
      unstable_conditionNames: ['react-native'],
      // Ably's build looks for it to register for push notifications.
      extraNodeModules: { 'react-native': join(import.meta.dirname, 'native') },
    },
    reporter: { update() {} },
  },
)
mkdirSync('dist', { recursive: true })
await Metro.runBuild(config, { entry: 'app.js', out: 'dist/app', platform: 'ios', dev: false, minify: false })
