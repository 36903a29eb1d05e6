// Frequent words of languages in Latin letters, about in the order of their frequency: first those that hold sentences
// together, then everyday ones that show how the language spells. The classifier learns letters and words from them.
export const latinWords: Readonly<Record<string, string>> = {
  en: `the of and to a in is it you that he was for on are with as I his they be at one have this from or had by not but
what all were we when your can said there use an each which she do how their if will up other about out many then them
these so some her would make like him into time has look two more go see no way could people my than first been call who
its now find long down day did get come made may part over new sound take only little work know place year live me back
give most very after thing our just name good sentence man think say great where help through much before line right too
mean old any same tell boy follow came want show also around form three small set put end does another well large must big
even such because turn here why ask went men read need land different home us move try kind hand picture again change off
play spell air away animal house point page letter mother answer found study still learn should world high every near add
food between own below country plant last school father keep tree never start city earth eye light thought head under story
saw left don't few while along might close something seem next hard open example begin life always those both paper
together got group often run important until children side feet car mile night walk white sea began grow took river four
carry state once book hear stop without second later miss idea enough eat face watch far really almost let above girl
sometimes mountain cut young talk soon list song being leave family it's money much total many does how week hours each day
really isn't doesn't can't won't I'm that's there's you're yes thanks thank please sorry okay hello hi sure maybe everything
anything nothing someone friend better best worse question answer number problem cost price buy bought spend spent minutes
half twice times per dollars average percent remaining rest following function value return given write using used made
having going doing looking working nothing whether however although during against within according government development
information company including possible available important different several today tomorrow yesterday morning evening
movie film watching love beautiful terrible boring actor actors music character interesting happy describe explain
suggest generate create provide sentence summarize following person between happened yourself myself
declaration expression allowed property function production education population region opinion relation action condition level university knowledge type file used any some began stayed arrived takes decides drives drove sells sold eats ate runs ran makes lays costs wants needs has gets goes works lives books pieces dollars each other every single another design write build`,
  de: `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass
sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein
wurde sei ich wir ihr du mich dich mir dir uns euch ihn ihm ihnen ihre ihrer ihren seine seiner seinen mein meine dein kein
keine keinen wenn was wer wo warum wann weil kann können muss müssen soll sollte will wollen möchte darf hatte hätte würde
waren wäre gibt geht macht machen sagt sagen kommt kommen gut sehr viel viele wieder immer schon jetzt hier da dort dann
heute morgen gestern jahr jahre zeit tag tage woche stunden minuten leben haus frau mann kind kinder mutter vater freund
freunde schule arbeit stadt land welt wasser geld frage antwort nein ja bitte danke alles nichts etwas jemand niemand ohne
gegen unter zwischen während seit ab vom beim ins zwei drei vier fünf sechs acht zehn erste ersten zweite letzten neue neuen
große großen kleine kleinen gute guten ganz doch also denn mal eben beide jeder jede jedes jeden dieser diese dieses diesen
diesem welche wie viele insgesamt kostet kosten kauft kaufen gekauft bekommt braucht verdient übrig hälfte durchschnittlich
möglichkeit entwicklung gesellschaft regierung wichtig deutsch deutsche geschichte richtig schlecht schön schöne film musik
schauspieler langweilig glücklich liebe nächste nächsten außerdem natürlich vielleicht eigentlich zusammen gemacht gesagt
gegangen gesehen gewesen geworden wissen denken glauben finden sehen gehen fahren essen trinken spielen lesen schreiben
erklärung ausdruck zulässig eigenschaft funktion ausbildung bevölkerung gebiet meinung beziehung handlung bedingung universität kenntnis wert name fehler datei verwendet verwenden einige einigen begann blieb legt legen ging erfordert verkauft verkaufte stück bücher`,
  fr: `de la le et les des en un une du que qui dans il est à au pour pas sur ne se ce par plus avec sont son elle mais nous
comme ou si leur y dont sans été être avoir fait cette ces ses aux ont même était aussi bien où tout tous toute toutes très
je tu vous on me te lui moi toi eux mon ma mes ton ta tes notre nos votre vos sa leurs ai as avons avez avait j'ai c'est
n'est d'un d'une l'on qu'il qu'elle s'il n'a l'homme quand quoi quel quelle quels combien pourquoi comment parce peut peux
peuvent doit faut faire dire dit aller va vont venir voir vu savoir sait vouloir veut veux prendre pris donner trouver passer
après avant pendant depuis jusqu'à entre contre chez vers sous encore toujours jamais déjà maintenant ici là alors donc car
puis ainsi peu beaucoup trop moins rien personne quelque chose chaque autre autres deux trois quatre cinq six sept huit dix
premier première dernier nouveau nouvelle grand grande petit petite bon bonne beau belle jour jours an ans année années temps
fois heure heures minutes semaine mois matin soir aujourd'hui demain hier vie monde homme femme enfant enfants père mère ami
amis maison ville pays école travail argent eau question réponse oui non merci bonjour s'il plaît total coûte coût acheter
achète acheté reste moitié chacun combien gagne gouvernement développement société important français française histoire
possible problème musique film acteur acteurs ennuyeux heureux aimer aime amour beauté mieux vraiment seulement également
certains plusieurs lorsque afin selon cependant lequel laquelle celui celle ceux étaient sera serait avaient aurait pourrait
déclaration expression autorisé position propriété fonction production éducation population région question opinion relation action condition niveau université connaissance type valeur nom erreur option fichier utilisé utiliser aucun aucune commença resta arriva donna petits différents possibles ajouter bougie mange portion pièces livres`,
  es: `de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este
ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay vez puede
todos así nos ni parte tiene él uno donde bien tiempo mismo ese ahora cada e vida otro después te otros aunque esa eso hace
otra gobierno tan durante siempre día tanto ella tres sí dijo sido gran país según menos mundo año antes estado contra sino
forma caso nada hacer general estaba poco estos presidente mayor ante unos les algo hacia casa ellos ayer hecho primera mucho
mientras además quien momento millones esto España hombre están pues hoy lugar nacional trabajo otras mejor nuevo decir algunos
entonces todas días debe política cómo casi toda tal luego pasado primer medio va estas sea tenía nunca poder aquí ver veces
embargo partido personas grupo cuenta pueden tienen misma nueva cual fueron mujer frente josé tras cosas fin ciudad he social
manera tener sistema será historia muchos juan tipo cuatro dentro nuestro punto dice ello cualquier noche aún agua parece haber
situación fuera bajo grandes nuestra ejemplo acuerdo habían usted estados hizo nadie países horas posible tarde ley importante
cuánto cuántos cuántas cuesta cuestan compra compró dinero semana minutos mitad total gana quedan hijos niños niño niña padre
madre amigo amigos escuela pregunta respuesta gracias hola favor señor señora película música actor actriz aburrida feliz
amor bueno buena buenos malo hermoso quiero quiere puedo tengo soy eres somos estoy vamos hablar comer saber creo pienso
desarrollo información sociedad pequeño pequeña segundo tercera primero último cinco seis siete ocho nueve diez cien mil
declaración expresión permitido posición propiedad función producción educación población región cuestión opinión relación acción condición nivel universidad conocimiento tipo valor nombre error opción archivo usado usar ningún ninguna vendió comenzó quedó llegó dio pequeños diferentes posibles lleva llevan pone ponen libro libros trenes pies bata`,
  pt: `de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser
quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles
estão você tinha foram essa num nem suas meu às minha têm numa pelos elas havia seja qual será nós tenho lhe deles essas esses
pelas este fosse dele tu te vocês vos lhes meus minhas teu tua nosso nossa nossos nossas dela delas esta estes estas aquele
aquela aqueles aquelas isto aquilo estou estamos estava estavam fui somos são fazer faz feito fez pode podem deve dizer disse
ir vai vou vamos vir ver dar sabe saber quer quero onde porque porquê como quanto quantos quantas cada outro outra outros
todos todas tudo nada ninguém alguém algum alguma sempre nunca agora aqui ali lá hoje amanhã ontem ainda então assim bem mal
melhor maior menor dia dias ano anos tempo vez vezes hora horas minutos semana mês manhã noite vida mundo homem mulher criança
crianças pai mãe amigo amigos casa cidade país escola trabalho dinheiro água pergunta resposta sim obrigado obrigada olá favor
dois duas três quatro cinco seis sete oito nove dez primeiro primeira último novo nova grande pequeno bom boa bonito filme
música ator atriz chato feliz amor gosto gostar acho coisa coisas pessoa pessoas total custa comprar comprou metade ganha
governo desenvolvimento sociedade informação situação português brasil história importante possível problema através durante
enquanto contra sobre sob desde após antes além apenas então muita muitos muitas pouco pouca mim consigo não é será seriam
declaração expressão permitido posição propriedade função produção educação população região questão opinião relação ação condição nível universidade conhecimento tipo valor nome erro opção arquivo definido usado usar deverá poderá nenhum nenhuma qualquer quaisquer lançou vendeu começou ficou chegou deu pequenos grandes diferentes possíveis também`,
  it: `di che e la il un a è per in una sono mi ho si lo non ma ti ha le cosa con i no da come se io ci questo qui bene tu
hai sei del della dei delle degli al alla allo ai alle agli nel nella nei nelle dal dalla dai dalle sul sulla sui gli più
anche solo suo sua suoi sue mio mia miei mie tuo tua nostro nostra vostro loro essere avere stato stata stati era erano fu
sarà sarebbe aveva avevano abbiamo avete hanno siamo siete fare fatto fa fanno dire detto dice andare vado va andiamo vanno
venire viene vedere visto sapere so sa volere voglio vuole potere può possono deve devono quando dove perché chi quale quali
quanto quanti quante quanta tutto tutti tutta tutte niente nessuno qualcuno qualcosa ogni altro altra altri altre stesso molto
molti molte poco troppo sempre mai ora adesso oggi domani ieri ancora già poi allora quindi così dopo prima durante mentre
senza contro tra fra sotto sopra verso due tre quattro cinque sei sette otto nove dieci primo prima ultimo nuovo nuova grande
piccolo piccola buono buona bello bella giorno giorni anno anni tempo volta volte ora ore minuti settimana mese mattina sera
vita mondo uomo donna bambino bambini padre madre amico amici casa città paese scuola lavoro soldi acqua domanda risposta sì
grazie ciao prego totale costa comprare comprato metà guadagna governo sviluppo società informazione situazione italiano
italiana storia importante possibile problema musica film attore attori noioso felice amore piace penso credo davvero veramente
questa questi queste quello quella quelli dell'anno l'altro un'altra c'è cos'è nell'ambito quell'uomo che cosa oltre secondo
dichiarazione espressione consentito posizione proprietà funzione produzione educazione popolazione regione questione opinione relazione azione condizione livello università conoscenza tipo valore nome errore opzione usato usare nessun nessuna alcuni alcune iniziò rimase arrivò diede piccoli diversi possibili aggiungere percentuale tutto ciò`,
  ca: `de la i el que a en les els un una per amb és no del al com més es va ser seu seva però o són aquest aquesta ha també
hi ho si ja tot molt quan entre sobre fins des dels pel pels als on era han fer anys altres després sense aquests aquestes
qui què perquè així només jo tu ell ella nosaltres vosaltres ells elles meu meva teu teva nostre nostra em et ens us li els
hem heu tinc té tenim tenen havia vaig vam van estar està estan puc pot poden vull vol cal dir diu fa fan anar venir veure
saber aquí allà avui demà ahir ara sempre mai encara llavors doncs tots totes cada altre altra mateix mateixa dos dues tres
quatre cinc sis set vuit nou deu primer primera nou nova gran petit petita bo bona dia dies any temps vegada vegades hora
hores setmana mes matí nit vida món home dona nen nens pare mare amic amics casa ciutat país escola feina diners aigua
pregunta resposta sí gràcies hola si us plau quant quants quantes català catalana història govern desenvolupament societat
important possible problema música pel·lícula alguns algunes molts moltes poc massa millor pitjor mentre durant abans cap
declaració expressió permès posició propietat funció producció educació població regió qüestió opinió relació acció condició nivell universitat coneixement tipus valor nom opció arxiu utilitzat utilitzar cap petits diferents possibles afegir llibre llibres`,
  nl: `de en van het een in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit door over ze hij zij je
ik we wij jij u hem haar hun hen mij jou ons onze mijn jouw zijn was waren werd werden worden wordt heb hebt heeft hebben had
hadden kan kunnen kon moet moeten wil willen zal zullen zou zouden mag gaan gaat ging komen komt kwam doen doet deed maken
maakt zeggen zegt zei zien ziet weten weet denken geven nemen wat wie waar wanneer waarom hoe hoeveel welke deze die dit dat
daar hier toen nu altijd nooit vaak weer al wel geen niets iets iemand niemand alles alle elke ieder andere ander veel weinig
meer minder heel erg zeer goed slecht groot grote klein kleine nieuw nieuwe oud oude jaar jaren dag dagen week weken uur uren
minuten tijd keer leven wereld man vrouw kind kinderen vader moeder vriend vrienden huis stad land school werk geld water vraag
antwoord ja nee dank bedankt alsjeblieft hallo twee drie vier vijf zes zeven acht negen tien eerste tweede laatste tussen tegen
zonder onder boven na voordat omdat zodat terwijl tot naar sinds tijdens volgens echter eigenlijk misschien samen gewoon leuk
mooi mooie kopen koopt kocht kost kosten helft totaal verdient regering ontwikkeling samenleving belangrijk mogelijk nederlands
geschiedenis vandaag morgen gisteren elkaar zich zichzelf wij zouden moeilijk gemakkelijk schrijven lezen spelen eten drinken`,
  sv: `och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när år säger hon
under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan över bara
in blir upp även vad få två vill ha många hur mer går sverige kronor detta nya procent skall hela dag någon göra man sitt de
första ingen denna dem ju bra gör varit vara mig dig honom henne oss er min mitt mina din ditt dina hans hennes vår vårt våra
deras vem varför vilken vilka något några inget inga allt varje annan annat samma själv sådan mest minst alltid aldrig ofta
ibland idag igår imorgon igen redan kanske därför eftersom medan utan mellan genom innan tills dock både varken måste kunde
ville borde blev fick gick kom sade såg gjorde tog gav vet tycker tror tänker heter arbetar bor köper köpte kostar liten lilla
stor stora gammal ung ny god gott dålig vacker rolig tråkig tid timmar minuter vecka månad morgon kväll liv värld människa
människor kvinna barn pappa mamma vän vänner hus stad land skola arbete pengar vatten fråga svar ja nej tack hej snälla tre
fyra fem sex sju åtta nio tio hälften sammanlagt regering utveckling samhälle viktigt möjligt svenska historia språk böcker`,
  da: `og i at det er en til af på som med for den de ikke der har var et han jeg men om sig vi fra hun så kan når år efter
også eller nu sin hvor ved mod skal skulle kommer ud få findes være havde alle andre meget end her da siden over kun ind bliver
op hvad to vil have mange hvordan mere går danmark dette nye procent hele dag nogen gøre man sit første ingen denne dem jo god
gør været mig dig ham hende os jer min mit mine din dit dine hans hendes vores deres hvem hvorfor hvilken hvilke noget nogle
intet alt hver anden andet samme selv sådan mest mindst altid aldrig ofte i dag går morgen igen allerede måske derfor fordi mens
uden mellem gennem inden indtil dog både hverken måtte kunne ville burde blev fik gik kom sagde så gjorde tog gav ved synes tror
tænker hedder arbejder bor køber købte koster lille stor store gammel ung ny godt dårlig smuk sjov kedelig tid timer minutter
uge måned aften liv verden menneske mennesker kvinde barn børn far mor ven venner hus by land skole arbejde penge vand spørgsmål
svar ja nej tak hej tre fire fem seks syv otte ni ti halvdelen regering udvikling samfund vigtigt muligt dansk historie sprog
hvis eftersom øjeblik nødvendigt således blevet nødt måde lægge ligge væk nær igennem kærlighed`,
  no: `og i det er på som en å til av for med at de ikke den har var et han jeg men om seg vi fra hun så kan når år etter også
eller nå sin hvor ved mot skal skulle kommer ut få finnes være hadde alle andre mye enn her da siden over bare inn blir opp hva
to vil ha mange hvordan mer går norge dette nye prosent hele dag noen gjøre man sitt første ingen denne dem jo bra gjør vært meg
deg ham henne oss dere min mitt mine din ditt dine hans hennes vår vårt våre deres hvem hvorfor hvilken hvilke noe ingenting alt
hver annen annet samme selv slik mest minst alltid aldri ofte i dag går morgen igjen allerede kanskje derfor fordi mens uten
mellom gjennom før inntil likevel både verken måtte kunne ville burde ble fikk gikk kom sa så gjorde tok ga vet synes tror tenker
heter jobber bor kjøper kjøpte koster liten stor store gammel ung ny god godt dårlig vakker morsom kjedelig tid timer minutter
uke måned kveld liv verden menneske mennesker kvinne barn far mor venn venner hus by land skole arbeid penger vann spørsmål svar
ja nei takk hei tre fire fem seks sju syv åtte ni ti halvparten regjering utvikling samfunn viktig mulig norsk historie språk
hvis ettersom øyeblikk nødvendig dermed blitt måte legge ligge vekk nær ikkje eg kva frå korleis meir berre`,
  is: `og að í á er sem til það um við með fyrir en af ekki var hann ég ekki þess eru hún þú vera hafa hefur því frá þegar eða
þá sér svo úr upp þar nú vel aðeins mjög eftir þeir þær þau okkur ykkur mig þig honum henni mér þér minn mín mitt þinn þín sinn
sín hver hvað hvar hvernig hvers vegna þetta þessi allt allir allar ekkert enginn eitthvað einhver annar annað sama sjálfur alltaf
aldrei oft í dag gær morgun aftur kannski meðan án milli gegnum áður þó bæði verður varð getur gat vill vildi mun skal fer fór
kemur kom segir sagði sér sá gerir gerði tekur tók veit finnst held heitir býr kaupir keypti kostar lítill stór gamall ungur nýr
góður gott slæmur fallegur tími tíma klukkustund mínútur vika mánuður kvöld líf heimur maður menn kona barn börn faðir móðir vinur
vinir hús borg land skóli vinna peningar vatn spurning svar já nei takk halló tveir þrír fjórir fimm sex sjö átta níu tíu íslenska
ísland saga tungumál`,
  fi: `ja on ei se että en hän oli mutta minä niin kun mitä kuin jos tai ovat ole sen olen nyt tämä vain voi olla myös joka sitä
jo mukaan hyvin vielä kuitenkin sekä ne siitä kaikki ollut vuoden jotka noin tässä mitään täällä sinä te me he minun sinun hänen
meidän teidän heidän minua sinua häntä mikä kuka missä milloin miksi miten kuinka paljon monta näin siellä tuolla sitten ennen
jälkeen aikana kanssa ilman välillä kautta asti ehkä aina koskaan usein tänään eilen huomenna taas olivat olisi olla pitää täytyy
haluaa tulee tuli menee meni sanoi sanoo tekee teki saa sai näkee näki tietää luulen asuu ostaa osti maksaa pieni suuri iso vanha
nuori uusi hyvä huono kaunis hauska tylsä aika aikaa tuntia minuuttia viikko viikkoa kuukausi vuosi päivä päivää ilta aamu elämä
maailma ihminen ihmiset mies nainen lapsi lapset isä äiti ystävä ystävät talo kaupunki maa koulu työ rahaa vesi kysymys vastaus
kyllä kiitos hei yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen puolet yhteensä hallitus kehitys suomi
suomen suomalainen historia kieli tärkeä mahdollista yhteiskunta enemmän vähemmän jokainen toinen toisen sama itse joitakin`,
  pl: `i w nie na się z do to że jest o a jak po co tak za od ale już jej jego go tylko czy przez ten ta dla był była było są ma
mnie może ich jeszcze ja ty on ona my wy oni one mi ci mu nam wam im mój moja moje twój swoje nasz nasze który która które których
być mieć miał miała byli będzie będą mam masz mają wiem wie chce chcę może można trzeba musi powinien robi robić zrobić powiedział
mówi mówić idzie iść przyszedł widzi widzieć gdzie kiedy dlaczego kto jaki jaka jakie ile wszystko wszyscy każdy nic nikt coś ktoś
inny inne sam też również bardzo więcej mniej dużo mało zawsze nigdy często teraz dziś dzisiaj jutro wczoraj znowu potem przed
między bez pod nad przy oraz lub więc jednak żeby ponieważ gdy jeśli aby aż niż rok lat roku dzień dni czas godzin godziny minut
tydzień miesiąc rano wieczór życie świat człowiek ludzi ludzie kobieta dziecko dzieci ojciec matka przyjaciel dom miasto kraj
szkoła praca pieniądze woda pytanie odpowiedź dziękuję proszę cześć dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć
pierwszy drugi ostatni nowy nowa stary mały duży dobry dobrze zły piękny kosztuje kupić kupił połowa razem rząd rozwój społeczeństwo
ważny możliwe polski polska historia język film muzyka aktor nudny szczęśliwy miłość`,
  cs: `a se v na je že o s z do to i ve jako za si od po by k jsem jsou tak které pro ale který jeho co už byl jen až také jak
podle bude bylo však proti mezi být má před než po aby nebo této při jejich ještě která není roku kde když jsme byla let pak tím
ho už mu ji jim mě mně tě ti nám vám nás vás já ty on ona my vy oni můj moje tvůj svůj náš kdo proč jaký jaká jaké kolik všechno
všichni každý nic nikdo něco někdo jiný sám velmi více méně hodně málo vždy nikdy často teď nyní dnes zítra včera zase potom bez
pod nad přes protože jestli ani mít měl měla byli budou mám máš mají vím ví chce chci může lze musí měl dělá dělat udělat řekl
říká jde jít přišel vidí vidět rok den dny čas hodin hodiny minut týden měsíc ráno večer život svět člověk lidé lidí žena muž dítě
děti otec matka přítel dům město země škola práce peníze voda otázka odpověď ano ne děkuji prosím ahoj dva tři čtyři pět šest sedm
osm devět deset první druhý poslední nový nová starý malý velký dobrý dobře špatný krásný stojí koupit koupil polovina celkem vláda
vývoj společnost důležité možné český česká historie jazyk film hudba herec nudný šťastný láska příběh`,
  sk: `a sa v na je že o s z do to aj i vo ako za si od po by k som sú tak ktoré pre ale ktorý jeho čo už bol len až tiež podľa
bude bolo však proti medzi byť má pred než aby alebo tejto pri ich ešte ktorá nie roku kde keď sme bola rokov potom tým ho mu ju
im mňa mne ťa ti nám vám nás vás ja ty on ona my vy oni môj moja moje tvoj svoj náš kto prečo aký aká aké koľko všetko všetci
každý nič nikto niečo niekto iný sám veľmi viac menej veľa málo vždy nikdy často teraz dnes zajtra včera zase bez pod nad cez
pretože ak ani mať mal mala boli budú mám máš majú viem vie chce chcem môže možno musí robí robiť urobiť povedal hovorí ide ísť
prišiel vidí vidieť rok deň dni čas hodín hodiny minút týždeň mesiac ráno večer život svet človek ľudia ľudí žena muž dieťa deti
otec matka priateľ dom mesto krajina škola práca peniaze voda otázka odpoveď áno nie ďakujem prosím ahoj dva tri štyri päť šesť
sedem osem deväť desať prvý druhý posledný nový nová starý malý veľký dobrý dobre zlý krásny stojí kúpiť kúpil polovica spolu
vláda vývoj spoločnosť dôležité možné slovenský slovenská história jazyk hudba herec šťastný láska príbeh`,
  sl: `in je v na se da za so ki pa z tudi po bi ne s od iz kot bil bila bilo o do pri še ali le to sem smo ste si ga ni jih mu jo
ker ko če kar kako kaj kdo kje kdaj zakaj kateri katera koliko vse vsi vsak nič nihče nekaj nekdo drug sam zelo več manj veliko
malo vedno nikoli pogosto zdaj danes jutri včeraj spet potem brez pod nad čez med pred proti biti imeti imel imela bili bodo imam
imaš imajo vem ve hoče hočem lahko mora dela delati naredil rekel pravi gre iti prišel vidi videti leto let dan dni čas ur ure
minut teden mesec jutro večer življenje svet človek ljudje ljudi ženska mož otrok otroci oče mati prijatelj hiša mesto dežela šola
delo denar voda vprašanje odgovor da hvala prosim živjo dva tri štiri pet šest sedem osem devet deset prvi drugi zadnji nov nova
star majhen velik dober dobro slab lep stane kupiti kupil polovica skupaj vlada razvoj družba pomembno mogoče slovenski slovenija
zgodovina jezik film glasba igralec srečen ljubezen jaz ti on ona mi vi oni moj moja tvoj svoj naš njegov njen njihov`,
  hr: `i je u se na da su za od a s o kao koji što iz te ne to sa bio ili ali samo bila bilo kod do po koja koje još nije biti
njegov nakon prije između zbog već ako kada kad gdje kako tko zašto koliko sve svi svaki ništa nitko nešto netko drugi sam vrlo
više manje mnogo malo uvijek nikad često sada danas sutra jučer opet zatim bez pod nad preko protiv imati imao imala bili budu
imam imaš imaju znam zna hoće želim može mora treba radi raditi napravio rekao kaže ide ići došao vidi vidjeti godina godine dan
dana vrijeme sati minuta tjedan mjesec jutro večer život svijet čovjek ljudi žena muž dijete djeca otac majka prijatelj kuća grad
zemlja škola posao novac voda pitanje odgovor hvala molim bok dva tri četiri pet šest sedam osam devet deset prvi zadnji novi nova
star mali veliki dobar dobro loš lijep stoji kupiti kupio polovica ukupno vlada razvoj društvo važno moguće hrvatski hrvatska
povijest jezik film glazba glumac sretan ljubav ja ti on ona mi vi oni moj moja tvoj svoj naš njen njihov jesam jesi smo ste nisam
ćemo ću će bih bismo ovo ovaj taj onaj ove gdje šta ko dve pre posle`,
  hu: `a az és hogy nem is egy ez ha de csak meg már mint még volt van vagy el azt ki mi ezt fel le be át úgy így én te ő mi ti ők
engem téged őt minket nekem neked neki nekünk ami aki amely akkor most itt ott hol mikor miért hogyan mennyi hány minden mindenki
senki semmi valami valaki más maga nagyon több kevesebb sok kevés mindig soha gyakran ma holnap tegnap újra majd után előtt között
nélkül alatt felett szerint miatt lenne lesz lett voltak vannak nincs nincsen lehet kell tud tudom akar akarok mond mondta mondja
megy ment jön jött lát látta csinál csinált év éve évek nap napok idő óra órát perc hét hónap reggel este élet világ ember emberek
férfi nő gyerek gyerekek apa anya barát barátok ház város ország iskola munka pénz víz kérdés válasz igen nem köszönöm kérem szia
kettő két három négy öt hat hét nyolc kilenc tíz első második utolsó új régi kis kicsi nagy jó jól rossz szép kerül vesz vett fele
összesen kormány fejlődés társadalom fontos lehetséges magyar magyarország történelem nyelv film zene színész boldog szerelem
azonban például ezért tehát viszont pedig talán persze együtt ilyen olyan ezek azok hozzá tőle róla benne vele`,
  ro: `de și în a la cu nu o pe care să un din este că mai se au pentru ca fi al fost sau ce ale lui dar sunt prin după era am
doar dacă fără între până când unde cum cine cât câți câte de ce toate toți tot nimic nimeni ceva cineva alt alta altul însă foarte
mult multe puțin mereu niciodată des acum azi astăzi mâine ieri iar apoi sub peste contra avea are aveau eram eu tu el ea noi voi
ei ele mine tine meu mea mei tău ta său sa nostru noastră vostru lor îl îi îmi îți ne vă le li își aș ar vom voi va vor poate pot
trebuie vrea vreau face făcut spune spus merge mers vine venit vede văzut știe știu an ani anul zi zile timp ore minute săptămână
lună dimineață seară viață lume om oameni femeie bărbat copil copii tată mamă prieten prieteni casă oraș țară școală muncă bani apă
întrebare răspuns da mulțumesc vă rog bună doi două trei patru cinci șase șapte opt nouă zece prima primul ultimul nou nouă vechi mic
mare bun bine rău frumos costă cumpără cumpărat jumătate total guvern dezvoltare societate important posibil român română românia
istorie limbă film muzică actor fericit dragoste acest această acesta aceasta acel acea aceste fiecare însă deci astfel`,
  lt: `ir į kad iš su yra tai kaip bet ne jis o per nuo apie už buvo ar dar jau tik po prie jo jos jų aš tu mes jūs jie ji mano tavo
savo mūsų jūsų kuris kuri kurie kas kur kada kodėl kiek viskas visi kiekvienas nieko niekas kažkas kitas pats labai daugiau mažiau
daug mažai visada niekada dažnai dabar šiandien rytoj vakar vėl paskui prieš tarp be ant iki nes jei kai todėl tačiau arba būti
turi turėjo bus būtų gali reikia nori žino sako sakė eina ėjo mato daro padarė metai metų diena dienų laikas valandų minučių savaitė
mėnuo rytas vakaras gyvenimas pasaulis žmogus žmonės moteris vyras vaikas vaikai tėvas motina draugas namas miestas šalis mokykla
darbas pinigai vanduo klausimas atsakymas taip ačiū prašau labas du trys keturi penki šeši septyni aštuoni devyni dešimt pirmas
naujas senas mažas didelis geras gerai blogas gražus kainuoja pusė iš viso vyriausybė lietuvos lietuva lietuvių istorija kalba
filmas muzika aktorius laimingas meilė šis šio tas tos`,
  lv: `un ir ka no uz ar par tas kas kā bet ne viņš pie pēc bija vai arī vēl jau tikai līdz to es tu mēs jūs viņi viņa mans tavs savs
mūsu jūsu kurš kura kuri kur kad kāpēc cik viss visi katrs nekas neviens kaut cits pats ļoti vairāk mazāk daudz maz vienmēr nekad
bieži tagad šodien rīt vakar atkal tad pirms starp bez zem virs jo ja tāpēc tomēr būt ir esmu esi esam bijis bija būs būtu var vajag
grib zina saka teica iet gāja redz dara gads gadu gada diena dienu laiks stundas minūtes nedēļa mēnesis rīts vakars dzīve pasaule
cilvēks cilvēki sieviete vīrietis bērns bērni tēvs māte draugs māja pilsēta valsts skola darbs nauda ūdens jautājums atbilde jā nē
paldies lūdzu sveiki divi trīs četri pieci seši septiņi astoņi deviņi desmit pirmais jauns vecs mazs liels labs labi slikts skaists
maksā puse kopā valdība latvijas latvija latviešu vēsture valoda filma mūzika aktieris laimīgs mīlestība šis šī šo kuru tiek`,
  et: `ja on ei et see oli ta kui mis ka ning aga oma nii ma seda mida siis olid kes ole veel või juba välja üle pärast kuid selle
enne ainult mind sind teda meid me te nad minu sinu tema meie teie nende kus millal miks kuidas palju mitu kõik keegi midagi mitte
miski iga teine sama ise väga rohkem vähem vähe alati kunagi sageli nüüd täna homme eile jälle vahel ilma all kohal sest ent olema
olen oled oleme olnud saab sai peab tahab teab ütleb ütles läheb läks tuleb tuli näeb teeb tegi aasta aastat päev päeva aeg aega
tundi minutit nädal kuu hommik õhtu elu maailm inimene inimesed naine mees laps lapsed isa ema sõber maja linn maa kool töö raha
vesi küsimus vastus jah tänan palun tere kaks kolm neli viis kuus seitse kaheksa üheksa kümme esimene viimane uus vana väike suur
hea hästi halb ilus maksab pool kokku valitsus eesti keel ajalugu film muusika näitleja õnnelik armastus need nagu`,
  tr: `ve bir bu da de için ile çok ne o gibi daha kadar var ama ben sen biz siz onlar benim senin onun bizim sizin onların bana sana
ona bize size beni seni onu bizi şey her hiç mi mı mu mü değil yok olan olarak oldu olduğu olduğunu olur olacak olması ise ki ya
veya hem sonra önce şimdi bugün yarın dün yine hep bazen niçin neden nasıl nerede kim kaç hangi kendi kendisi diye göre karşı
doğru içinde üzerinde arasında altında yanında bütün tüm herkes kimse başka diğer aynı böyle şöyle öyle en az fazla iyi kötü güzel
büyük küçük yeni eski yıl yılında gün zaman saat dakika hafta ay sabah akşam hayat dünya insan insanlar kadın adam erkek çocuk
çocuklar baba anne arkadaş ev şehir ülke okul iş para su soru cevap evet hayır teşekkürler lütfen merhaba iki üç dört beş altı
yedi sekiz dokuz on ilk son birinci etti ediyor eder etmek yaptı yapıyor yapmak dedi diyor gidiyor gitti geldi geliyor gördü
biliyor istiyor alır aldı verdi toplam yarısı hükümet gelişme toplum önemli mümkün türk türkiye türkçe tarih dil film müzik oyuncu
mutlu aşk bunu şunu bunun çünkü ancak fakat lakin olsa eğer lira dolar`,
  az: `və bir bu da də üçün ilə çox nə o kimi daha qədər var amma mən sən biz siz onlar mənim sənin onun bizim sizin hər heç deyil
yox olan olaraq oldu olduğu olur olacaq isə ki ya və ya həm sonra əvvəl indi bu gün sabah dünən yenə həmişə niyə necə harada kim
neçə hansı öz görə qarşı içində üzərində arasında bütün hamı heç kim başqa digər eyni belə ən az yaxşı pis gözəl böyük kiçik yeni
köhnə il ilində gün vaxt saat dəqiqə həftə ay səhər axşam həyat dünya insan insanlar qadın kişi uşaq uşaqlar ata ana dost ev şəhər
ölkə məktəb iş pul su sual cavab bəli xeyr təşəkkür salam iki üç dörd beş altı yeddi səkkiz doqquz on ilk son etdi edir etmək dedi
deyir gedir getdi gəldi gördü bilir istəyir azərbaycan dil tarix olduğunu əgər çünki lakin`,
  vi: `và của là có không được cho các một những trong với người này đã để khi về từ ra cũng như đến thì ở tôi anh em chị ông bà họ
chúng ta chúng tôi bạn nó mình vào lại làm nhiều đó sẽ nhưng hay hoặc nếu vì nên thế gì ai đâu nào sao bao nhiêu tại sao mấy mỗi
tất cả mọi rất hơn nhất ít lắm quá đang vẫn chỉ còn cùng sau trước trên dưới giữa ngoài bên nay mai hôm qua bây giờ luôn chưa
từng phải cần muốn biết nói đi thấy nghĩ mua bán ăn uống năm ngày tháng tuần giờ phút lần thời gian sáng tối đời sống thế giới
con cái bố mẹ cha bạn bè nhà thành phố nước trường học công việc tiền câu hỏi trả lời vâng cảm ơn xin chào hai ba bốn sáu bảy tám
chín mười đầu tiên cuối mới cũ nhỏ lớn tốt xấu đẹp giá đồng nửa tổng chính phủ phát triển xã hội quan trọng việt nam tiếng lịch sử
phim nhạc diễn viên hạnh phúc tình yêu theo qua bằng đều thêm`,
  id: `yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada mereka lebih kata tahun sudah
atau saat oleh menjadi orang ia telah adalah seperti sebagai bahwa dapat para harus namun kita dua satu masih hari hanya mengatakan
kepada kami setelah melakukan lalu belum lain dia kalau terjadi banyak menurut anda hingga tak baru beberapa ketika saja jalan
sekitar secara dilakukan sementara tapi sangat hal sehingga seorang bagi besar lagi selama antara waktu sebuah jika sampai jadi
terhadap tiga serta pun salah merupakan atas sejak membuat baik memiliki kembali selain tetapi pertama kedua memang pernah apa
mulai sama tentang bukan agar semua sedang kali kemudian hasil sejumlah juta persen sendiri katanya demikian masalah mungkin umum
setiap bulan minggu jam menit pagi malam hidup dunia wanita pria anak ayah ibu teman rumah kota negara sekolah kerja uang air
pertanyaan jawaban ya terima kasih halo empat lima enam tujuh delapan sembilan sepuluh kecil bagus buruk indah membeli harga
setengah total pemerintah pembangunan masyarakat penting indonesia bahasa sejarah film musik aktor bahagia cinta siapa mana kapan
mengapa bagaimana berapa aku kamu nya awak tak boleh kerana ialah iaitu`,
  tl: `ang ng sa na mga at ay ni si hindi ito ako ko mo siya niya kanyang para may kung lang naman pa din rin isang ka kami tayo sila
nila namin natin kayo ninyo aking iyong ating amin kanila doon dito diyan nito niyan noon ngayon bukas kahapon kapag dahil pero o
upang habang bago matapos mula hanggang tungkol lahat bawat ilan marami konti mas pinaka napaka sobra talaga siguro palagi minsan
ano sino saan kailan bakit paano magkano ilang alin wala mayroon meron gusto ayaw dapat pwede kailangan alam sabi sinabi gawin
ginawa pumunta nakita bumili binili kumain taon araw oras minuto linggo buwan umaga gabi buhay mundo tao babae lalaki bata ama ina
kaibigan bahay lungsod bansa paaralan trabaho pera tubig tanong sagot oo salamat po opo dalawa tatlo apat lima anim pito walo siyam
sampu una bago luma maliit malaki maganda mabuti masama kalahati pamahalaan pag-ibig pilipinas wika kasaysayan nang nasa`,
  sw: `na ya wa kwa ni katika la za kuwa cha hii hiyo huo hilo yake wake zake lake kama au lakini pia sana si hakuna kuna mimi wewe yeye
sisi ninyi wao yangu yako yetu yenu yao kila wote yote zote bila baada kabla kati juu chini ndani nje sasa leo kesho jana tena bado
tu nini nani wapi lini kwa nini vipi ngapi gani ambao ambayo ambaye ili hivyo basi kwamba alikuwa ilikuwa walikuwa amekuwa ana wana
nina una tuna anaweza wanaweza lazima anataka alisema anasema kwenda alienda kuja alikuja kuona aliona kufanya alifanya kununua
alinunua kula mwaka miaka siku saa dakika wiki mwezi asubuhi usiku maisha dunia mtu watu mwanamke mwanaume mtoto watoto baba mama
rafiki nyumba mji nchi shule kazi pesa maji swali jibu ndiyo hapana asante tafadhali habari mbili tatu nne tano sita saba nane tisa
kumi kwanza mpya mzee ndogo kubwa nzuri mbaya nusu jumla serikali maendeleo jamii muhimu kiswahili lugha historia tanzania kenya
furaha upendo moja`,
}
