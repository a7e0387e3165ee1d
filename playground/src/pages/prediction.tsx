export function PredictionPage() {
  return <h1>Prediction</h1>
}
