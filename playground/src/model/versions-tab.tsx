import { useState } from 'preact/hooks'
import type { Model, Version } from '../api/types.ts'
import { PagesOf } from '../parts/pages-of.tsx'
import { Time } from '../parts/time.tsx'
import { VersionComparison } from './version-comparison.tsx'

/** Every version of the model; two of them can be run side by side. */
export function VersionsTab({ model: { owner, name, latest_version } }: { model: Model }) {
  const [chosen, setChosen] = useState<readonly string[]>([])
  const path = `/v1/models/${owner}/${name}/versions`
  return (
    <PagesOf<Version> path={path} empty="This model has no versions yet.">
      {(versions) => (
        <>
          <div class="table">
            <table>
              <thead>
                <tr>
                  <th scope="col">Version</th>
                  <th scope="col">Made</th>
                  <th scope="col">Compare</th>
                </tr>
              </thead>
              <tbody>
                {versions.map(({ id, created_at }) => (
                  <tr key={id}>
                    <td>
                      <a class="mono" href={`/${owner}/${name}?version=${id}`}>
                        {id.slice(0, 16)}
                      </a>
                      {id === latest_version?.id && ' latest'}
                    </td>
                    <td>
                      <Time at={created_at} />
                    </td>
                    <td>
                      <input
                        type="checkbox"
                        aria-label={`Compare ${id.slice(0, 16)}`}
                        checked={chosen.includes(id)}
                        onChange={(event) =>
                          setChosen((before) =>
                            // Of three, the one that was chosen first gives way.
                            event.currentTarget.checked
                              ? [...before, id].slice(-2)
                              : before.filter((one) => one !== id),
                          )
                        }
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <VersionComparison
            key={chosen.join()}
            model={`${owner}/${name}`}
            versions={versions.filter(({ id }) => chosen.includes(id))}
          />
        </>
      )}
    </PagesOf>
  )
}
