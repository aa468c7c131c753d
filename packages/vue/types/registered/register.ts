export interface Weather {
  celsius: number
}

// An interface and a literal: both are registered alike.
interface AppTools {
  weather: { input: { city: string }; output: Weather }
  place: { input: object; output: string }
}

declare module '@rejoin/core' {
  interface Register {
    tools: AppTools
    data: { chart: { points: number[] } }
  }
}
