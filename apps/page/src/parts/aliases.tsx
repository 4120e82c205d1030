import type { Alias, Model } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { send } from '../api/http.js';
import { Action } from './action.js';

interface AliasesProps {
  readonly model: Model;
  readonly aliases: readonly Alias[];
  readonly onChange: () => void;
}

const named = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Names that stand for a detector, with buttons to move them. */
export function Aliases({ model, aliases, onChange }: AliasesProps) {
  const [name, setName] = useState('');
  const point = async (alias: string) => {
    await send('PUT', `/v1/aliases/${alias}`, { modelId: model.id });
    setName('');
    onChange();
  };
  return (
    <section>
      <h2>Names that stand for it</h2>
      <ul class="plain">
        {aliases.map((alias) => (
          <li key={alias.name} class="row">
            <strong>@{alias.name}</strong>
            {alias.modelId === model.id ? (
              <span>stands for this detector</span>
            ) : (
              <>
                <a href={`/app/models/${alias.modelId}`}>stands for another one</a>
                <Action do={() => point(alias.name)}>Move it here</Action>
              </>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <label>
          New name{' '}
          <input value={name} placeholder="production" onInput={({ currentTarget }) => setName(currentTarget.value)} />
        </label>
        <Action disabled={!named.test(name)} do={() => point(name)}>
          Give it this name
        </Action>
      </div>
      <p class="quiet">Lower-case letters, digits, dots and hyphens. Programs may use @name in place of an id.</p>
    </section>
  );
}
