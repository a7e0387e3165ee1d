export function PredictionsPage() {
  return <h1>Predictions</h1>
}
