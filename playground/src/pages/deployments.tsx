import type { Deployment } from '../api/types.ts'
import { PagesOf } from '../parts/pages-of.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'

/** The deployments of the account, and how each is called. */
export function DeploymentsPage() {
  useTitle('Deployments')
  return (
    <>
      <h1>Deployments</h1>
      <PagesOf<Deployment>
        path="/v1/deployments"
        empty="There are no deployments. POST /v1/deployments makes one: a version of a model with processes of its own."
      >
        {(deployments) => <List deployments={deployments} />}
      </PagesOf>
    </>
  )
}

function List({ deployments }: { deployments: readonly Deployment[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Deployment</th>
            <th scope="col">Model</th>
            <th scope="col">Hardware</th>
            <th scope="col">Instances</th>
            <th scope="col">Release</th>
          </tr>
        </thead>
        <tbody>
          {deployments.map(
            ({ owner, name, current_release: { number, model, version, configuration, created_at } }) => (
              <tr key={`${owner}/${name}`}>
                <td>
                  {owner}/{name}
                </td>
                <td>
                  <a href={`/${model}?version=${version}`}>{model}</a> <code>{version.slice(0, 12)}</code>
                </td>
                <td>{configuration.hardware}</td>
                <td>
                  {configuration.min_instances} to {configuration.max_instances}
                </td>
                <td>
                  {number}, <Time at={created_at} />
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  )
}
