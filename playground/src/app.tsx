import { useEffect } from 'preact/hooks'
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso'
import { onSessionChange } from './api/session.ts'
import type { Account } from './api/types.ts'
import { useAnswer } from './api/use-answer.ts'
import { ModelsPage } from './pages/models.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { AccountContext } from './parts/account.ts'
import { Failure } from './parts/failure.tsx'
import { Frame } from './parts/frame.tsx'
import { isRefused } from './parts/is-refused.ts'

const ModelPage = lazy(() => import('./pages/model.tsx').then((page) => page.ModelPage))
const PredictionPage = lazy(() => import('./pages/prediction.tsx').then((page) => page.PredictionPage))
const PredictionsPage = lazy(() => import('./pages/predictions.tsx').then((page) => page.PredictionsPage))
const DeploymentsPage = lazy(() => import('./pages/deployments.tsx').then((page) => page.DeploymentsPage))
const RunnersPage = lazy(() => import('./pages/runners.tsx').then((page) => page.RunnersPage))
const TokensPage = lazy(() => import('./pages/tokens.tsx').then((page) => page.TokensPage))

/** The whole playground: who looks at it decides what is there. */
export function App() {
  const account = useAnswer<Account>('/v1/account')
  useEffect(() => onSessionChange(account.again), [account.again])
  if (account.state === 'failed' && isRefused(account.error, 401)) return <SignInPage />
  if (account.state === 'failed') return <Failure error={account.error} again={account.again} />
  if (account.state === 'asked') return null
  return (
    <AccountContext.Provider value={account.value}>
      <LocationProvider>
        <Frame>
          <ErrorBoundary>
            <Router>
              <Route path="/" component={ModelsPage} />
              <Route path="/p/:id" component={PredictionPage} />
              <Route path="/predictions" component={PredictionsPage} />
              <Route path="/deployments" component={DeploymentsPage} />
              <Route path="/runners" component={RunnersPage} />
              <Route path="/tokens" component={TokensPage} />
              <Route path="/:owner/:name" component={ModelPage} />
              <Route default component={NotFoundPage} />
            </Router>
          </ErrorBoundary>
        </Frame>
      </LocationProvider>
    </AccountContext.Provider>
  )
}
